import common from './common';
import credits from './credits';
import data from './data';
import digits from './digits';
import history from './history';
import home from './home';
import models from './models';
import people from './people';
import system from './system';
import train from './train';
import try_ from './try';

export default {
	...common,
	...credits,
	...home,
	...data,
	...train,
	...models,
	...try_,
	...digits,
	...history,
	...system,
	...people
};
